"""What a launch has to do: the graph of stages, what the store lacks, time, memory and workers."""
