# Makes gigapath-slide-tiny from the export with tiles of width 1536.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""narrow_tiles.py ORIGINAL OUT

The first product of the model, tiles [1, 700, 1536] by a projection to 192 features, is
half of its size. With a random orthogonal matrix Q of 192 rows, tiles X W Q' and the
projection Q give the same product X W in exact arithmetic, so that the rest of the
model and the outputs of the original PyTorch code stay as they are.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def main(original, out):
    shutil.copytree(original, out, dirs_exist_ok=True)
    model = onnx.load(out / "model.onnx")
    (product,) = (node for node in model.graph.node if "tile_embeds" in node.input)
    (weight,) = (init for init in model.graph.initializer if init.name == product.input[1])
    projection = numpy_helper.to_array(weight).astype(np.float64)
    width = projection.shape[1]
    gaussian = np.random.default_rng(0).standard_normal((width, width))
    orthogonal = np.linalg.qr(gaussian)[0]

    weight.CopyFrom(numpy_helper.from_array(orthogonal.astype(np.float32), weight.name))
    (tiles,) = (value for value in model.graph.input if value.name == "tile_embeds")
    infos = [value for value in model.graph.value_info if value.name == weight.name]
    for value, dim in [(tiles, 2), *((info, 0) for info in infos)]:
        value.type.tensor_type.shape.dim[dim].dim_value = width
    onnx.checker.check_model(model)
    onnx.save(model, out / "model.onnx")

    path = out / "test_data_set_0" / "input_0.pb"
    given = onnx.TensorProto.FromString(path.read_bytes())
    narrow = numpy_helper.to_array(given).astype(np.float64) @ projection @ orthogonal.T
    path.write_bytes(
        numpy_helper.from_array(narrow.astype(np.float32), given.name).SerializeToString()
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
