"""The named sweeps: one YAML file each, shipped with the package."""
