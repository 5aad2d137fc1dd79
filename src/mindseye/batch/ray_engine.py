"""Rows answered by actors of a Ray cluster: streamed out to them and back through Ray Data, lost actors replaced."""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError
from .actor import ActorPlan, RowActor
from .finished import Finished
from .identity import fingerprint
from .pending import PendingRows
from .settings import BatchSettings

ONE_BYTE = 1  # what Ray Data may gather before it sends: nothing, so that each window of rows travels by itself


class RayEngine:
    """A pool of actors, each with a model, on a local Ray or on a running cluster."""

    def __init__(self, settings: BatchSettings, num_actors: int, address: str | None = None) -> None:
        if num_actors < 1:
            raise InputError(f"actors is {num_actors}; expected 1 or more")
        self._ray = load_ray()
        self._num_actors = num_actors
        self._plan = _portable(ActorPlan.of(settings, threads=None if address else 1))
        self.notes: tuple[str, ...] = ()
        self.model_sha256 = fingerprint(settings.model)
        self.facts: dict[str, Any] = {"engine": "ray", "actors": num_actors, "batch_size": settings.window}
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            local = {} if address else {"num_cpus": num_actors + 1, "include_dashboard": False}
            self._ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)

    def answer(self, rows: PendingRows, is_stopped: Callable[[], bool]) -> Iterator[Finished]:
        """Finished rows as their batches end. Once it is stopped, batches on their way are left to a resumption."""
        data = self._ray.data
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context = data.DataContext.get_current()
        context.enable_progress_bars = False
        context.target_max_block_size = ONE_BYTE
        source = row_source(_everywhere(rows), self._plan.window)
        windows = data.read_datasource(source, override_num_blocks=1).map_batches(
            RayRows,
            fn_constructor_args=(self._plan,),
            compute=data.ActorPoolStrategy(size=self._num_actors),
            batch_size=1,
            num_gpus=1 if self._ray.cluster_resources().get("GPU") else None,
        )
        for window in windows.iter_rows():
            for finished in pickle.loads(window["finished"]):
                yield finished
                if is_stopped():
                    return

    def close(self) -> None:
        """Shut down the Ray that was started here."""
        if self._is_ours:
            self._ray.shutdown()


class RayRows:
    """What an actor of Ray Data does with a window of rows: the same as everywhere else, but all travels as bytes."""

    def __init__(self, plan: ActorPlan) -> None:
        self._actor = RowActor(plan)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A window of rows to one of finished rows."""
        [rows] = map(pickle.loads, batch["rows"])
        return {"finished": [pickle.dumps(list(self._actor.answer(rows)))]}


def load_ray() -> Any:
    """Ray with Ray Data; InputError where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of its own settings
            import ray
            import ray.data
    except ImportError as error:
        raise InputError('--engine ray needs Ray: pip install "mindseye[ray]"') from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def row_source(rows: Iterable[Any], window: int) -> Any:
    """A source for Ray Data that reads on this machine and streams windows of rows, a record each."""
    import pyarrow
    from ray.data import Datasource
    from ray.data.block import BlockMetadata
    from ray.data.datasource import ReadTask

    def read() -> Iterator[Any]:
        coming = iter(rows)
        while held := list(islice(coming, window)):
            yield pyarrow.table({"rows": pyarrow.array([pickle.dumps(held)], pyarrow.large_binary())})

    class RowSource(Datasource):
        supports_distributed_reads = False  # type: ignore[assignment]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, per_task_row_limit: Any = None, data_context: Any = None) -> list:
            metadata = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
            return [ReadTask(read, metadata)]

    return RowSource()


def _portable(plan: ActorPlan) -> ActorPlan:
    """The plan with paths that mean the same in every process."""
    folder = Path(plan.model.name).expanduser()
    name = str(folder.resolve()) if folder.is_dir() else plan.model.name
    root = plan.image_root.resolve() if plan.image_root else None
    return replace(plan, model=replace(plan.model, name=name), image_root=root)


def _everywhere(rows: PendingRows) -> PendingRows:
    return replace(rows, files=tuple(path.resolve() for path in rows.files))
