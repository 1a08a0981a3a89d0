"""Writes a deep encoder: a stored model chained with itself, its values and weights
under a name of their own in each copy.

usage: chain_encoder.py MODEL.onnx COPIES OUT.onnx
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import sys

import onnx

source, copies, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = onnx.load(source)
graph = model.graph
nodes, weights = list(graph.node), list(graph.initializer)
first, last = graph.input[0].name, graph.output[0].name
del graph.node[:], graph.initializer[:], graph.value_info[:]
for copy in range(copies):
    names = {
        first: first if copy == 0 else f"{last}_{copy - 1}",
        last: last if copy == copies - 1 else f"{last}_{copy}",
        "": "",
    }
    for weight in weights:
        graph.initializer.add().CopyFrom(weight)
        graph.initializer[-1].name = f"{weight.name}_{copy}"
    for node in nodes:
        new = graph.node.add()
        new.CopyFrom(node)
        new.name = f"{node.name}_{copy}"
        new.input[:] = [names.get(name, f"{name}_{copy}") for name in node.input]
        new.output[:] = [names.get(name, f"{name}_{copy}") for name in node.output]
onnx.save(model, out)
