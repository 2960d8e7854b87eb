"""What the network learned: inversion, readout, likelihood, calibration, thermodynamic integration."""
