"""OpenCV, or a sentence that says how to get it: `from fer_core.opencv import cv2`."""

try:
    import cv2 as cv2
except ImportError as error:
    if ".so" not in str(error):
        raise
    raise ImportError(
        f"OpenCV can't start, a system library is missing ({error}). "
        "On Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
    ) from error

# OpenCV 5 warns on stderr about each YuNet that the new graph engine takes no target; nothing follows from it.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
