"""The stages of a run, one file a subject: each builds its ``Stage`` and has the function that makes it."""
