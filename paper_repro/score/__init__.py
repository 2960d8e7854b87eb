"""The score model: forward process, Mini-AF3 network, training, weights, and the trained network as a force field."""
