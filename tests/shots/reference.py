"""Where PySceneDetect's AdaptiveDetector cuts.

    reference.py <shortest shot in seconds> <video>...

Prints one JSON object by path: frame rate, number of frames and the first frame of every new shot.
"""

import json
import sys

from scenedetect import AdaptiveDetector, SceneManager, open_video


def cuts(path, shortest):
    video = open_video(path)
    manager = SceneManager()
    frames = max(1, round(shortest * video.frame_rate))
    manager.add_detector(AdaptiveDetector(min_scene_len=frames))
    read = manager.detect_scenes(video)
    scenes = manager.get_scene_list()
    return {
        "frame_rate": video.frame_rate,
        "frames": read,
        "cuts": [start.get_frames() for start, _ in scenes[1:]],
    }


shortest = float(sys.argv[1])
json.dump({path: cuts(path, shortest) for path in sys.argv[2:]}, sys.stdout)
