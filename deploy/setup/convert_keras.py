"""Converts a Keras model in HDF5 to ONNX.

    convert_keras.py <model.hdf5> <out.onnx>

The input is called `input` and takes any number of samples. Runs in the virtual environment
described by convert-requirements.txt. Exit status 0 and a file at <out.onnx>, or a message on
standard error and no file.
"""

import os
import sys

OPSET = 13


def main(arguments):
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    source, target = arguments
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    # Only now, because TensorFlow reads these when it is loaded.
    import tensorflow
    import tf2onnx

    model = tensorflow.keras.models.load_model(source, compile=False)
    shape = [None, *model.input_shape[1:]]
    signature = [tensorflow.TensorSpec(shape, tensorflow.float32, name="input")]
    tf2onnx.convert.from_keras(model, input_signature=signature, opset=OPSET, output_path=target)


if __name__ == "__main__":
    main(sys.argv[1:])
