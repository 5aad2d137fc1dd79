"""The table of docs/judge.md and the figures of README out of `mindseye judge --json` files: judge_table.py A.json B.json"""
import json,sys
groups={}
for f in sys.argv[1:]:
    v=json.load(open(f)); assert not v["errors"],v["errors"]; groups.update(v["groups"])
N={"question.name":"what is this","question.where":"where is it","question.count":"how many","question.what":"what is there, or there","question.ground":"which colour or place","question.yesno":"yes or no","question.relation":"is it beside that","question.beside":"what is beside it","question.bigger":"which is bigger","question.style":"which style","caption":"say all that is there",
"draw.one":"one thing drawn","draw.pair":"two things in the asked relation","draw.count":"as many as asked","draw.layout":"things at named spots","draw.place":"things at a place",
"physics.after":"what follows from an action, drawn","physics.look":"what has happened","walk.next":"the next view, drawn","talk.picture":"late in a talk: a picture when asked, and the right one","talk.words":"late in a talk: words when asked, and the right ones","style.unseen":"a lone thing in a style never taught, named",
"physics.imagine":"what would happen, pictured first","physics.at_once":"the same, answered at once","walk.ahead":"two steps ahead, pictured first","walk.at_once":"the same, answered at once","puzzle.pictured":"puzzles, pictured step by step","puzzle.at_once":"the same, answered at once"}
def p(x): return "-" if x is None else f"{100*x:.0f} %"
def row(name,f,m="right",bold=False):
    if m not in f: return None
    a=f[m]; r=a.get("range_of_seeds"); l=a.get("languages",{})
    b="**" if bold else ""
    rr=f"{100*r[0]:.0f} to {100*r[1]:.0f}" if r else "-"
    return f"| {b}{name}{b} | {b}{p(a['value'])}{b} | {rr} | {100*a['interval'][0]:.0f} to {100*a['interval'][1]:.0f} | {p(l.get('en',{}).get('value'))} | {p(l.get('zh',{}).get('value'))} | {a['total']} |"
print("| held-out requests | right | by seed | 95 % | English | Chinese | of |\n|---|---|---|---|---|---|---|")
for g,x in groups.items():
    if g=="eye": continue
    for k,f in x["kinds"].items():
        if not f: continue
        name=N.get(k) or k.replace("."," : ").replace(" : ",": ")
        if g=="imagined" and k=="puzzle.pictured" or k in("physics.imagine","walk.ahead"):
            r=row(name+": answer and all pictures",f); print(r)
            if "answer" in f: print(row(name+": the answer alone",f,"answer"))
            if "steps" in f: print(row(name+": its pictures",f,"steps"))
        else: print(row(name,f))
    if "all" in x and len(x["kinds"])>1: print(row("all "+g,x["all"],bold=True))
print("\n| the judge's eye | accepted | of |\n|---|---|---|")
e=groups["eye"]["kinds"]; R=T=0
for k,f in e.items():
    a=f["right"]
    if k=="eye.true": print(f"| true pictures | {100*a['value']:.1f} % | {a['total']} |")
    elif k=="eye.redrawn": print(f"| true pictures that went through the autoencoder | {100*a['value']:.1f} % | {a['total']} |")
    else:
        w=a['total']-a['right']; R+=w; T+=a['total']; print(f"| near misses: {k[5:]} | {100*w/a['total']:.1f} % | {a['total']} |")
print(f"| all near misses | {100*R/T:.1f} % | {T} |")
def s(f,m="right"):
    a=f[m]; r=a.get("range_of_seeds"); return f"{p(a['value'])} ({100*r[0]:.0f} to {100*r[1]:.0f})"
G=lambda g: groups[g]["all"] if "all" in groups[g] else None
K=lambda g,k: groups[g]["kinds"][k]
im=groups["imagined"]["kinds"]
sub={"@Q@":s(G("questions")),"@C@":s(G("captions")),"@W@":s(G("walk")),"@H@":s(G("what has happened")),"@D@":s(G("drawings")),"@E@":s(G("edits")),"@F@":s(G("what follows")),"@N@":s(G("next view")),"@G@":s(G("wearing")),"@K@":s(G("characters")),
"@PA@":s(im["puzzle.pictured"],"answer"),"@PP@":s(im["puzzle.pictured"]),"@PO@":s(im["puzzle.at_once"]),"@T@":s(G("talks")),
"@EYE@":f"{100*e['eye.true']['right']['value']:.0f}","@EYEAE@":f"{100*e['eye.redrawn']['right']['value']:.0f}","@MISS@":f"{100*R/T:.1f}","@MISSN@":f"{T:,}"}
print(json.dumps(sub,ensure_ascii=False,indent=1),file=sys.stderr)
