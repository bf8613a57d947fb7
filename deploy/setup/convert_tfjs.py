"""Converts a TensorFlow.js graph model to ONNX.

    convert_tfjs.py <model.json> <out.onnx>

The weight shards that model.json names must lie beside it. Runs in the virtual environment
described by convert-requirements.txt. Exit status 0 and a file at <out.onnx>, or a message on
standard error and no file.
"""

import json
import os
import subprocess
import sys
import tempfile

OPSET = "13"


def complete_attributes(nodes):
    """Adds what TensorFlow >= 2.13 demands of a node and the TensorFlow.js converter left out."""
    for node in nodes:
        attributes = node.setdefault("attr", {})
        if node.get("op") == "_FusedConv2D":
            fused = max(int(attributes.get("num_args", {}).get("i", 1)), 1)
            attributes.setdefault("TArgs", {"list": {"type": ["DT_FLOAT"] * fused}})
        elif node.get("op") == "TopKV2":
            attributes.setdefault("index_type", {"type": "DT_INT32"})
        # Shapes recorded at export; they name no attribute of the operation and are refused.
        attributes.pop("_output_shapes", None)


def patched_model(source, folder):
    """Writes the completed model.json and links to its shards into `folder`; returns its path."""
    with open(source, encoding="utf-8") as file:
        model = json.load(file)
    graph = model["modelTopology"]
    complete_attributes(graph.get("node", []))
    for function in (graph.get("library") or {}).get("function") or []:
        complete_attributes(function.get("nodeDef", []))
    beside = os.path.dirname(os.path.abspath(source))
    for group in model["weightsManifest"]:
        for shard in group["paths"]:
            if os.path.basename(shard) != shard:
                raise SystemExit(f"{source} names a shard outside its own folder: {shard!r}")
            os.symlink(os.path.join(beside, shard), os.path.join(folder, shard))
    target = os.path.join(folder, "model.json")
    with open(target, "w", encoding="utf-8") as file:
        json.dump(model, file)
    return target


def main(arguments):
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    source, target = arguments
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tf2onnx.convert", "--tfjs", patched_model(source, folder)]
        command += ["--output", target, "--opset", OPSET]
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode != 0 or not os.path.exists(target):
        sys.stderr.write((done.stdout + done.stderr)[-4000:])
        raise SystemExit(f"tf2onnx could not convert {source}")


if __name__ == "__main__":
    main(sys.argv[1:])
