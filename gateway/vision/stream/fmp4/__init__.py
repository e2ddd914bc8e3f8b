"""Muxes access units into fragmented MP4 (ISO/IEC 14496-12 and -15), for browsers and files, without decoding."""
