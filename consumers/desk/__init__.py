"""The desk: where police intelligence receives, researches, answers and acts, as pages."""
