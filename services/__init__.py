"""One folder per deployable service, the same rooms in every one; none imports another."""
