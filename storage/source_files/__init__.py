"""From paths to raw records: which files there are, and what stands in each of them.

A file or a row that cannot be read becomes an `InvalidRecord` in its place and the rest goes on.
Nothing here judges what a field says: `domain.records` does.
"""

from storage.source_files.listing import SourceListing, find_files
from storage.source_files.reading import read_files, read_records

__all__ = ["SourceListing", "find_files", "read_files", "read_records"]
