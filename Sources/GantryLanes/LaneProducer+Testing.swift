// A lane begun anew over memory that a test lends for the container's: for fuzzers, which make millions of lanes and
// want to know of every byte that is read beside them. The product makes a lane once.

internal import CGantryRing

extension LaneProducer {
  /// Begins anew with a container whose page and ring, the latter twice in a row, are the caller's, and with counters
  /// that start anywhere, `bytes` at a multiple of 64.
  package func reopen(over region: UnsafeRawPointer, epoch: UInt64, descriptors: UInt64, bytes: UInt64) {
    gantry_producer_open_at(
      &producer, driverMapping.base, region, ringBytes, epoch, 0, true, descriptors, bytes)
  }
}
