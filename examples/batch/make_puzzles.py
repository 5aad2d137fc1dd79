"""Makes the puzzles of this folder anew: make_puzzles.py [--num 60] [--seed 11] [--folder FOLDER]"""

import argparse
from pathlib import Path

from mindseye.worlds.puzzle_rows import write_puzzles

parser = argparse.ArgumentParser()
parser.add_argument("--num", type=int, default=60)
parser.add_argument("--seed", type=int, default=11)
parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
args = parser.parse_args()
print(write_puzzles(args.folder, args.num, args.seed))
