// The container's end of its lane and its view of the arena, mapped once for the container's life.

package import CGantryRing

/// A lane as its container holds it.
///
/// Lives as long as the process.
package struct LaneConsumer {
  package let consumer: UnsafeMutablePointer<gantry_consumer>
  package let arena: UnsafeRawPointer
  package let crash: UnsafeMutableRawPointer

  /// Maps the three regions from the descriptors that the driver sent.
  package init(
    arena: Int32, arenaBytes: UInt64, driverPage: Int32, containerRegion: Int32, ringBytes: UInt64,
    doorbell: Int32
  ) throws(SharedMemoryError) {
    var arenaBase: UnsafeMutableRawPointer?
    var driverBase: UnsafeMutableRawPointer?
    var ownBase: UnsafeMutableRawPointer?
    let driverBytes = UInt64(GANTRY_DRIVER_BYTES)
    try check(gantry_memory_map(arena, arenaBytes, false, true, &arenaBase), "mapping", arenaBytes)
    try check(gantry_memory_map(driverPage, driverBytes, false, true, &driverBase), "mapping", driverBytes)
    // A user's child process must not write into the lane: its own copy of the mapping ends at its fork.
    try check(gantry_memory_map_ring(containerRegion, ringBytes, true, false, &ownBase), "mapping", ringBytes)
    guard let arenaBase, let driverBase, let ownBase else {
      throw SharedMemoryError(operation: "mapping", bytes: ringBytes, errno: badAddress)
    }
    consumer = .allocate(capacity: 1)
    consumer.initialize(to: gantry_consumer())
    try check(gantry_consumer_open(consumer, driverBase, ownBase, doorbell), "layout check", driverBytes)
    self.arena = UnsafeRawPointer(arenaBase)
    crash = ownBase + Int(GANTRY_CRASH_OFFSET)
  }
}
