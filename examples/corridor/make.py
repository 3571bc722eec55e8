#!/usr/bin/env python3
"""Makes this scenario: network (with SUMO's netconvert), demand and configuration.

An arterial of three signals with two side streets between them. Everything is invented. usage: ./make.py  (writes into its own folder; the result is committed)
"""
import os, random, subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = 0, 1800

# name: (x, y, kind)
NODES = {
    "west": (-420, 0, "priority"), "east": (1010, 15, "priority"),
    "mill": (0, 0, "traffic_light"), "bank": (310, 0, "traffic_light"), "gate": (640, 15, "traffic_light"),
    "lane": (170, 0, "priority"), "yard": (480, 8, "priority"),
    "millN": (-15, 300, "priority"), "millS": (0, -280, "priority"),
    "bankN": (320, 320, "priority"), "bankS": (305, -300, "priority"),
    "gateN": (640, 300, "priority"), "gateS": (655, -290, "priority"),
    "laneS": (170, -200, "priority"), "yardN": (485, 210, "priority"),
}
# pairs of nodes: lanes each way, speed in m/s, priority
STREETS = [
    ("west", "mill", 2, 13.89, 9), ("mill", "lane", 2, 13.89, 9), ("lane", "bank", 2, 13.89, 9),
    ("bank", "yard", 2, 13.89, 9), ("yard", "gate", 2, 13.89, 9), ("gate", "east", 2, 13.89, 9),
    ("millN", "mill", 1, 13.89, 6), ("mill", "millS", 1, 13.89, 6),
    ("bankN", "bank", 2, 13.89, 7), ("bank", "bankS", 2, 13.89, 7),
    ("gateN", "gate", 1, 13.89, 6), ("gate", "gateS", 1, 13.89, 6),
    ("laneS", "lane", 1, 8.33, 3), ("yardN", "yard", 1, 8.33, 3),
]
TURN_LANES = {("west", "mill"), ("lane", "mill"), ("lane", "bank"), ("yard", "bank"), ("yard", "gate"),
              ("east", "gate"), ("bankN", "bank"), ("bankS", "bank")}
# vehicles an hour from a rim node, and where they go
ENTRIES = {"west": 800, "east": 700, "millN": 230, "millS": 210, "bankN": 420, "bankS": 380,
           "gateN": 240, "gateS": 220, "laneS": 70, "yardN": 80}
PULL = {"west": 7, "east": 8, "millN": 2, "millS": 2, "bankN": 4, "bankS": 4, "gateN": 2, "gateS": 2,
        "laneS": 0.6, "yardN": 0.7}


def edges():
    for a, b, lanes, speed, priority in STREETS:
        for f, t in ((a, b), (b, a)):
            yield f, t, lanes, speed, priority


def network():
    with open("corridor.nod.xml", "w") as f:
        f.write("<nodes>\n")
        for n, (x, y, kind) in NODES.items():
            f.write('  <node id="%s" x="%s" y="%s" type="%s"/>\n' % (n, x, y, kind))
        f.write("</nodes>\n")
    with open("corridor.edg.xml", "w") as f:
        f.write("<edges>\n")
        for a, b, lanes, speed, priority in edges():
            f.write('  <edge id="%s-%s" from="%s" to="%s" numLanes="%d" speed="%s" priority="%d">' % (
                a, b, a, b, lanes, speed, priority))
            if (a, b) in TURN_LANES:        # one lane more on the last 55 m
                f.write('<split pos="-55" lanes="%s"/>' % " ".join(str(i) for i in range(lanes + 1)))
            f.write("</edge>\n")
        f.write("</edges>\n")
    subprocess.check_call([
        "netconvert", "-n", "corridor.nod.xml", "-e", "corridor.edg.xml", "-o", "corridor.net.xml",
        "--no-turnarounds", "--tls.yellow.time", "4", "--tls.allred.time", "1", "--tls.left-green.time", "8"])
    with open("corridor.net.xml") as f:
        text = f.read()
    with open("corridor.net.xml", "w") as f:    # without the comment that says when it was made
        f.write(text[:text.index("<!--")] + text[text.index("-->") + 4:].lstrip())
    for name in ("corridor.nod.xml", "corridor.edg.xml"):
        os.remove(name)


def path(a, b):
    """shortest way in number of streets, as the ids of the network's edges"""
    out, seen, queue = {}, {a}, [(a, [])]
    for f, t, *_ in edges():
        out.setdefault(f, []).append(t)
    while queue:
        node, way = queue.pop(0)
        if node == b:
            return way
        for t in out[node]:
            if t not in seen:
                seen.add(t)
                piece = ["%s-%s" % (node, t)]
                if (node, t) in TURN_LANES:
                    piece.append("%s-%s.-55" % (node, t))
                queue.append((t, way + piece))


def demand():
    rnd = random.Random(11)
    departures = []
    for entry, per_hour in ENTRIES.items():
        exits = [(e, w) for e, w in PULL.items() if e != entry]
        t = BEGIN
        while True:
            rising = 1.25 if 500 < t < 1300 else 0.85
            t += rnd.expovariate(per_hour * rising / 3600)
            if t >= END:
                break
            exit = rnd.choices([e for e, _ in exits], [w for _, w in exits])[0]
            departures.append((t, "bus" if rnd.random() < 0.02 else "truck" if rnd.random() < 0.05 else "car",
                               entry, exit))
    departures.sort()
    with open("corridor.rou.xml", "w") as f:
        f.write("<routes>\n")
        f.write('  <vType id="car" vClass="passenger" length="4.6" speedDev="0.1"/>\n')
        f.write('  <vType id="truck" vClass="truck" length="10" accel="1.2" speedDev="0.05"/>\n')
        f.write('  <vType id="bus" vClass="bus" length="12" accel="1.1" speedDev="0.05"/>\n')
        for a in ENTRIES:
            for b in PULL:
                if a != b:
                    f.write('  <route id="%s.%s" edges="%s"/>\n' % (a, b, " ".join(path(a, b))))
        events = [(t, '  <vehicle id="v%d" type="%s" depart="%.2f" departLane="best" departSpeed="max" route="%s.%s"/>\n'
                   % (k, kind, t, a, b)) for k, (t, kind, a, b) in enumerate(departures)]
        f.writelines(line for _, line in events)
        f.write("</routes>\n")


def config():
    with open("corridor.sumocfg", "w") as f:
        f.write("""<configuration>
  <input>
    <net-file value="corridor.net.xml"/>
    <route-files value="corridor.rou.xml"/>
  </input>
  <time>
    <begin value="%d"/>
    <end value="%d"/>
  </time>
</configuration>
""" % (BEGIN, END))


if __name__ == "__main__":
    os.chdir(HERE)
    network()
    demand()
    config()
