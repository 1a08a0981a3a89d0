#!/usr/bin/env bash
# Installs the Python package into a fresh environment, as a user would, runs a
# model with it in five lines, and then its tests. Says how long the build took.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${DILATED_PYTHON:-python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
bin=$work/venv/bin
start=$SECONDS
"$bin/pip" install --quiet --disable-pip-version-check .
echo "pip install . took $((SECONDS - start)) s"

"$bin/pip" install --quiet --disable-pip-version-check $(grep -E '^(onnx|ml_dtypes|pytest)==' tools/requirements.txt)
cd "$work" # nothing of the repository is imported by being near
cat >five.py <<EOF_PY
import sys, numpy, onnx, onnx.numpy_helper as helper, dilated_mlir
read = lambda name: helper.to_array(onnx.load_tensor(f"{sys.argv[1]}/test_data_set_0/{name}_0.pb"))
dilated_mlir.compile(f"{sys.argv[1]}/model.onnx").save("encoder.so")
features = dilated_mlir.Session("encoder.so").run({"tokens": read("input")})["features"]
numpy.testing.assert_allclose(features, read("output"), rtol=1e-3, atol=1e-4)
EOF_PY
"$bin/python" five.py "$OLDPWD/test/models/longnet-encoder-small"
echo "longnet-encoder-small matches"
DILATED_TEST_INSTALLED=1 "$bin/python" -m pytest -q -p no:cacheprovider "$OLDPWD/test/Python"
