"""The console: one web page that shows what serves, how it does, what was held, and who released what."""
