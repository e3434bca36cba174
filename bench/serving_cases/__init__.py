"""The cases of `bench/serving.py`: what is served, by whom, and who asks."""
