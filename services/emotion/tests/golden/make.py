"""Writes expected.json: what ONNX Runtime under Python, with OpenCV, makes of the picture beside it.

    make.py <face-expression.onnx> <yunet.onnx>

Needs onnxruntime 1.23.2, opencv-python-headless 5.0.0.93 and numpy. OpenCV's own dnn will not do: it
reads this network wrongly, where ONNX Runtime agrees with TensorFlow.
"""

import json
import pathlib
import sys

import cv2
import numpy
import onnxruntime

HERE = pathlib.Path(__file__).parent
LABELS = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]

network, yunet = sys.argv[1:]
picture = cv2.imread(str(HERE / "mixed.jpg"))
detector = cv2.FaceDetectorYN.create(yunet, "", picture.shape[1::-1], 0.7, 0.3)
x, y, width, height = (float(edge) for edge in detector.detect(picture)[1][0][:4])
side = max(width, height)
left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
own = round(side)
moved = numpy.array([[own / side, 0, -left * own / side], [0, own / side, -top * own / side]])
face = cv2.warpAffine(picture, moved, (own, own), borderMode=cv2.BORDER_REPLICATE)
face = cv2.resize(face, (112, 112), interpolation=cv2.INTER_AREA)
tensor = cv2.cvtColor(face, cv2.COLOR_BGR2RGB).transpose(2, 0, 1)[None].astype(numpy.float32)
reader = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
scores = reader.run(["probs"], {"input": tensor})[0].ravel().astype(float)
expected = {
    "bbox": [round(edge, 2) for edge in (x, y, width, height)],
    "scores": {label: round(score, 5) for label, score in zip(LABELS, scores)},
}
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
