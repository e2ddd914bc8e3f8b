"""A module that can't be imported."""

raise OSError("the vendor's library is not here")
