// The growing byte buffer every value is encoded into: in place in memory it was lent, or on its own heap.
// The feeder and the container loop make it and inline its fast path (one check, one store) into user
// modules. It never writes beyond the lent memory: what does not fit moves to the heap, and `isSpilled` says
// so.

/// Receives the bytes of encoded values.
///
/// Valid only during the call it is passed to. Encoding cannot throw: a value without an encoding calls
/// `fail(_:)`.
@frozen
public struct PayloadEncoder: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var used: Int
  @usableFromInline var capacity: Int
  /// The heap buffer is ours to free; lent memory is not.
  @usableFromInline var isOwned: Bool
  @usableFromInline var depth: Int
  @usableFromInline var firstFailure: String?
  /// The Codable machinery, kept between values so that it is made once for an encoder.
  @usableFromInline var codableScratch: CodableEncoder?

  /// Makes an encoder with a heap buffer of its own.
  @usableFromInline
  package init(minimumCapacity: Int = 256) {
    capacity = max(minimumCapacity, 64)
    base = .allocate(byteCount: capacity, alignment: 16)
    used = 0
    isOwned = true
    depth = 0
    firstFailure = nil
    codableScratch = nil
  }

  /// Makes an encoder that writes into memory it does not own, for as long as the values fit there.
  ///
  /// The memory must outlive the encoder or its next `restart`.
  @inlinable
  package init(writingAt base: UnsafeMutableRawPointer, capacity: Int) {
    self.base = base
    self.capacity = capacity
    used = 0
    isOwned = false
    depth = 0
    firstFailure = nil
    codableScratch = nil
  }

  @inlinable
  deinit {
    if isOwned { base.deallocate() }
  }

  /// The number of bytes written so far.
  @inlinable
  public var count: Int { used }

  /// Whether the bytes are on the encoder's heap and not, or no more, in memory it was lent.
  @inlinable
  package var isSpilled: Bool { isOwned }

  /// Why a value could not be encoded, if one could not; the first reason stays until it is taken.
  @inlinable
  package var failure: String? { firstFailure }

  /// Returns the failure and forgets it, so that the next value starts clean.
  @inlinable
  package mutating func takeFailure() -> String? {
    guard firstFailure != nil else { return nil }
    let failure = firstFailure
    firstFailure = nil
    return failure
  }

  /// Reports that the value being encoded cannot travel.
  ///
  /// Its bytes are discarded and its input is reported as undeliverable. The first reason given is kept.
  ///
  /// - Parameter reason: A full sentence that names the type and the way out.
  @inline(never)
  public mutating func fail(_ reason: String) {
    if firstFailure == nil { firstFailure = reason }
  }
}
