"""Converts a TensorFlow Lite model to ONNX.

    convert_tflite.py <model.tflite> <out.onnx>

Runs in the virtual environment described by convert-requirements.txt. Exit status 0 and a file at
<out.onnx>, or a message on standard error and no file.
"""

import os
import subprocess
import sys

# The first with every operation these models use: HardSwish came with 14.
OPSET = "15"


def main(arguments):
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    source, target = arguments
    command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", source]
    command += ["--output", target, "--opset", OPSET]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode != 0 or not os.path.exists(target):
        sys.stderr.write((done.stdout + done.stderr)[-4000:])
        raise SystemExit(f"tf2onnx could not convert {source}")


if __name__ == "__main__":
    main(sys.argv[1:])
