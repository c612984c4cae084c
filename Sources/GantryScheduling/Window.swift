// How many inputs a call may have taken and not yet handed over: the bound on memory and on eagerness.

/// The credit of one call.
package struct Window: Sendable {
  package static let bytes = 64 << 20
  static let nanosecondsPerContainer = 4_000_000.0
  /// A pool may be allowed any size; its window is not reckoned for more than this.
  static let mostContainers = 1 << 20

  /// The user's exact ceiling, if one was given.
  package let ceiling: Int?
  /// Inputs taken from the iterator.
  package private(set) var taken = 0
  /// Inputs whose outputs the caller has been handed.
  package private(set) var handed = 0
  /// Bytes of undelivered outputs.
  package var outputBytes = 0
  /// Bytes of inputs in flight.
  package var inputBytes = 0

  package init(ceiling: Int?) { self.ceiling = ceiling }

  package var outstanding: Int { taken - handed }

  package mutating func take(_ count: Int) { taken += count }
  package mutating func hand(_ count: Int) { handed += count }

  /// How many more inputs may be taken now.
  package func room(containers: Int, sizing: ChunkSizing) -> Int {
    if let ceiling { return max(0, ceiling - outstanding) }
    // Within the byte bound, or one larger item when nothing else is outstanding.
    if outputBytes + inputBytes >= Window.bytes { return outstanding == 0 ? 1 : 0 }
    let containers = min(containers, Window.mostContainers)
    let least = 2 * ChunkSizing.defaultSize * containers
    let work = sizing.inputs(worth: Window.nanosecondsPerContainer * Double(containers)) ?? 0
    let chunk = (sizing.fixed ?? 0) * 2 * containers
    return max(0, max(least, work, chunk) - outstanding)
  }
}
