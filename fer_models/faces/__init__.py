"""Faces in pictures: safe decoding, detection, and the crop framed as the training data frames faces."""
