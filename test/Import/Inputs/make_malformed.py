# Writes models that are broken in one way each, and what must be said of them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make_malformed.py DIR [FAMILY]

Makes a folder DIR/<case> for each case, with model.onnx and whatever lies beside
it, and writes DIR/cases.json: a list of

    {"name", "family", "tool", "arguments", "exit", "expect": [text, ...]}

where arguments are relative to the case's folder, exit is the exit code and every
text must stand in the tool's standard error. Cases with the tool dilated-compile
are those that only the conversion can find.
"""

import json
import os
import sys

# Importing a module registers its cases.
from malformed import cases, conversion, external, files, functions, graphs, tensors  # noqa: F401


def main():
    out = sys.argv[1]
    families = sys.argv[2:]
    os.makedirs(out, exist_ok=True)
    table = []
    for family, function, exit_code, expect, (tool, arguments), extra in cases.CASES:
        if families and family not in families:
            continue
        folder = os.path.join(out, function.__name__)
        os.mkdir(folder)
        proto = function(folder)
        if proto is not None:
            content = proto if isinstance(proto, bytes) else proto.SerializeToString()
            with open(os.path.join(folder, "model.onnx"), "wb") as file:
                file.write(content)
        table.append(
            {
                "name": function.__name__,
                "family": family,
                "tool": tool,
                "arguments": arguments + extra,
                "exit": exit_code,
                "expect": expect,
            }
        )
    with open(os.path.join(out, "cases.json"), "w") as file:
        json.dump(table, file, indent=1)


if __name__ == "__main__":
    main()
