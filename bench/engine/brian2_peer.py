#!/usr/bin/env python3
"""Brian 2's C++ standalone mode on the benchmark's model: N draws, 120 ms, exponential Euler at 0.01 ms, spike counts.

    brian2_peer.py [noise] N    prints one JSON object: rates per second of CPU time, without and with code generation
"""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
from brian2 import (NeuronGroup, Network, SpikeMonitor, __version__, defaultclock, device, get_device, ms, set_device)

noise = "noise" in sys.argv
count = int(sys.argv[-1])
set_device("cpp_standalone", build_on_run=False)
defaultclock.dt = 0.01 * ms
equations = """
dV/dt = (gL*(EL - V) + gNa*m**3*h*(53 - V) + gK*n**4*(-107 - V) + gM*p*(-107 - V) + I)/ms : 1
dm/dt = (am*(1 - m) - bm*m)/ms : 1
dh/dt = (ah*(1 - h) - bh*h)/ms : 1
dn/dt = (an*(1 - n) - bn*n)/ms : 1
dp/dt = (pinf - p)/taup/ms : 1
u = V - VT : 1
am = 1.28/exprel(-(u - 13)/4) : 1
bm = 1.4/exprel((u - 40)/5) : 1
ah = 0.128*exp(-(u - 17)/18) : 1
bh = 4/(1 + exp(-(u - 40)/5)) : 1
an = 0.16/exprel(-(u - 15)/5) : 1
bn = 0.5*exp(-(u - 10)/40) : 1
pinf = 1/(1 + exp(-(V + 35)/10)) : 1
taup = tau/(3.3*exp((V + 35)/20) + exp(-(V + 35)/20)) : 1
gNa : 1 (constant)
gK : 1 (constant)
gL : 1 (constant)
gM : 1 (constant)
tau : 1 (constant)
VT : 1 (constant)
EL : 1 (constant)
"""
step = "3.2480599*int(t > 9.995*ms)*int(t < 109.995*ms)"
equations += f"I = {step} + zeta : 1\nzeta = 1.0*randn() : 1 (constant over dt)\n" if noise else f"I = {step} : 1\n"


def cpu():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime + time.process_time()


rng = np.random.default_rng(1)
low = np.array([0.5, 1e-4, 1e-4, 1e-4, 50, -90, -100])
high = np.array([80, 15, 0.6, 0.6, 3000, -40, -35])
begin = cpu()
group = NeuronGroup(count, equations, threshold="V > -10", refractory="V > -10", method="exponential_euler")
group.gNa, group.gK, group.gL, group.gM, group.tau, group.VT, group.EL = (low + (high - low) * rng.random((count, 7))).T
group.V = -70
group.m, group.h, group.n, group.p = "am/(am + bm)", "ah/(ah + bh)", "an/(an + bn)", "pinf"
spikes = SpikeMonitor(group, record=False)
folder = tempfile.mkdtemp(prefix="brian2_")
network = Network(group, spikes)
network.run(120 * ms)
device.build(directory=folder, compile=True, run=False)
compiled = cpu() - begin
runs = []
for _ in range(3):
    begin = cpu()
    subprocess.check_call([os.path.join(folder, "main")], cwd=folder, stdout=subprocess.DEVNULL)
    runs.append(cpu() - begin)
get_device().has_been_run = True
seconds = sorted(runs)[1]
print(json.dumps({"version": __version__, "per_s": count / seconds, "per_s_with_compilation": count / (seconds + compiled),
                  "mean_spikes": float(np.mean(spikes.count))}))
shutil.rmtree(folder)
