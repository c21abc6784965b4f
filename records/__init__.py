"""Records: what must outlive a run. One port (`store.py`), two adapters (`sqlite.py`, `tables.py`)."""
