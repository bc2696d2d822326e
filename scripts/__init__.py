"""Pywikibot scripts of faebot_hash, found through ``user_script_paths``."""
