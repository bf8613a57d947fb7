"""Writes expected.json: what MediaPipe's own tasks and OpenCV's YuNet see in the pictures beside it.

    make.py <face_landmarker.task> <gesture_recognizer.task> <yunet.onnx>

Needs mediapipe 0.10.21 and opencv-contrib-python 4.11.0.86. The .task files are those that
deploy/models.toml takes its networks from.
"""

import json
import pathlib
import sys

import cv2
import mediapipe
import numpy
from mediapipe.tasks.python import BaseOptions, vision

HERE = pathlib.Path(__file__).parent


def opened(name):
    picture = cv2.cvtColor(cv2.imread(str(HERE / name)), cv2.COLOR_BGR2RGB)
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)


def points(landmarks):
    return [[round(point.x, 5), round(point.y, 5)] for point in landmarks]


def face(task, yunet):
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(task),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    seen = vision.FaceLandmarker.create_from_options(options).detect(opened("astronaut.jpg"))
    picture = cv2.imread(str(HERE / "astronaut.jpg"))
    # The network is shown a square of 640 pixels, whatever the size of the picture.
    shown = cv2.resize(picture, (640, 640), interpolation=cv2.INTER_LINEAR)
    detector = cv2.FaceDetectorYN.create(yunet, "", (640, 640), 0.7, 0.3)
    found = detector.detect(shown)[1][0].astype(float)
    found[:14] *= picture.shape[0] / 640
    return {
        "confidence": round(found[14], 4),
        "bbox": numpy.round(found[:4], 2).tolist(),
        "points": numpy.round(found[4:14].reshape(5, 2), 2).tolist(),
        "mesh": points(seen.face_landmarks[0]),
        "blendshapes": {one.category_name: round(one.score, 4) for one in seen.face_blendshapes[0]},
        "turn": numpy.round(seen.facial_transformation_matrixes[0][:3, :3], 5).tolist(),
    }


def hand(task):
    options = vision.GestureRecognizerOptions(base_options=BaseOptions(task))
    seen = vision.GestureRecognizer.create_from_options(options).recognize(opened("hand.jpg"))
    side, gesture = seen.handedness[0][0], seen.gestures[0][0]
    return {
        "side": side.category_name.lower(),
        "points": points(seen.hand_landmarks[0]),
        "gesture": gesture.category_name.lower(),
        "confidence": round(gesture.score, 4),
    }


face_task, gesture_task, yunet = sys.argv[1:]
expected = {"face": face(face_task, yunet), "hand": hand(gesture_task)}
(HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
