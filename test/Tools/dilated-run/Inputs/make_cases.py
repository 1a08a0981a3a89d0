"""Writes test cases for add.mlir.

usage: make_cases.py FOLDER
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import sys
from pathlib import Path

import numpy as np
from onnx import numpy_helper


def write(folder, inputs, outputs):
    folder.mkdir(parents=True)
    for stem, arrays in (("input", inputs), ("output", outputs)):
        for i, array in enumerate(arrays):
            tensor = numpy_helper.from_array(np.asarray(array, np.float32))
            (folder / f"{stem}_{i}.pb").write_bytes(tensor.SerializeToString())


root = Path(sys.argv[1])
a = np.arange(6).reshape(2, 3)
for number in (0, 2, 10):
    write(root / "good" / f"test_data_set_{number}", [a, a], [a + a])
wrong = np.array([[0, 1, 2], [4, 4, 5]])
write(root / "bad" / "test_data_set_0", [a, np.zeros((2, 3))], [wrong])
write(root / "bad" / "test_data_set_1", [a, np.zeros((3, 3))], [a])
write(root / "bad" / "test_data_set_2", [a, a], [])
write(root / "bad" / "test_data_set_3", [a, a], [a])
(root / "bad" / "test_data_set_3" / "input_1.pb").write_bytes(b"\xff\xff\xff")
(root / "empty").mkdir()
(root / "readme.txt").write_text("not a folder\n")
