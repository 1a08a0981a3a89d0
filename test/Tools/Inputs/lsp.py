"""Speaks to dilated-lsp-server: initialize, a file with an error in one of our ops.

usage: lsp.py
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import json
import subprocess

SOURCE = """func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  %out = dilated.attention %q, %q, %q pattern(<[segment<0, 1>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}
"""
document = {"uri": "file:///f.mlir", "languageId": "mlir", "version": 1, "text": SOURCE}
requests = [
    {"id": 0, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
    {"method": "textDocument/didOpen", "params": {"textDocument": document}},
    {"id": 1, "method": "shutdown"},
    {"method": "exit"},
]
stream = b""
for request in requests:
    body = json.dumps({"jsonrpc": "2.0", **request}).encode()
    stream += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
result = subprocess.run(["dilated-lsp-server"], input=stream, capture_output=True, timeout=60)
assert result.returncode == 0, result

answers, rest = [], result.stdout
while rest:
    head, rest = rest.split(b"\r\n\r\n", 1)
    length = int(head.split(b":")[1])
    answers.append(json.loads(rest[:length]))
    rest = rest[length:]
capabilities = next(a for a in answers if a.get("id") == 0)["result"]["capabilities"]
assert capabilities["hoverProvider"] and capabilities["definitionProvider"], capabilities
(published,) = [a for a in answers if a.get("method") == "textDocument/publishDiagnostics"]
messages = [d["message"] for d in published["params"]["diagnostics"]]
assert messages == ["custom op 'dilated.attention' expects segment length (0) to be at least 1 [C2]"], messages
