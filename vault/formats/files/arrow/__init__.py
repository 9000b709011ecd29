"""Tables of Arrow: Parquet files and Arrow streams, batch by batch to record texts."""
