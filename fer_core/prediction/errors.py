"""What can be wrong with what prediction is given; each message is a sentence to show as it is."""


class PictureError(ValueError):
    """A picture can't be read."""


class ModelError(ValueError):
    """A model file or an ensemble card can't be used."""


class VideoError(ValueError):
    """A video can't be read or written."""
