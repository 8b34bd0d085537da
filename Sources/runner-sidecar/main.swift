print("runner-sidecar")
