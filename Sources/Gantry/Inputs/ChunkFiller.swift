// What the driver knows of a call's inputs without knowing their type: how to have a chunk of them encoded.
// The closures are made where the sequence's type is known (InputSource.swift), so that their loops are specialised.

public import GantryWire

/// How a chunk ended.
@usableFromInline
struct Filled {
  /// Inputs encoded.
  @usableFromInline var count: Int
  /// Bytes they take.
  @usableFromInline var bytes: Int
  /// Why the input behind them has no encoding.
  @usableFromInline var failure: String?
  /// Whether the sequence may have more.
  @usableFromInline var isOpen: Bool

  @usableFromInline
  init(count: Int, bytes: Int, failure: String?, isOpen: Bool) {
    self.count = count
    self.bytes = bytes
    self.failure = failure
    self.isOpen = isOpen
  }
}

/// Memory and limits for one chunk.
@usableFromInline
struct ChunkRoom {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var most: Int
  @usableFromInline var mostBytes: Int
}

/// A chunk of a blocking source while it grows, input by input.
@usableFromInline
final class OpenInputs {
  @usableFromInline var encoder = PayloadEncoder(minimumCapacity: 4096)
  @usableFromInline var count = 0
  /// Why the input behind them has no encoding.
  @usableFromInline var failure: String?

  /// Adds another's inputs behind these.
  func append(_ other: OpenInputs) {
    other.encoder.withBytes { encoder.append($0) }
    count += other.count
    failure = failure ?? other.failure
  }

  func clear() {
    encoder.truncate(to: 0)
    count = 0
    failure = nil
  }
}

/// Encodes the inputs of one call, in order, never under the driver's lock.
///
/// `@unchecked Sendable`: the closures share an iterator that one thread uses at a time; the call hands the right to it
/// from turn to turn (`Call.isFilling`), or to its feeder.
@usableFromInline
final class ChunkFiller: @unchecked Sendable {
  /// Bytes that outgrow the room a chunk was given are lent to this.
  @usableFromInline typealias Relocate = (UnsafeRawBufferPointer) -> Void

  /// The sequence cannot block: it is read in its caller's own turn, by `fill`; else by a feeder, `fetch` and `append`.
  let isPrompt: Bool
  /// Bytes of a packed input, or `framed`.
  let width: Int
  /// Where a source that may block has to be read: the actor whose code its closures stand in, if any.
  let isolation: (any Actor)?
  /// Inputs left, where that is known.
  let left: () -> Int?
  let fill: (ChunkRoom, Relocate) -> Filled
  /// Takes one input and keeps it, blocking as long as the sequence does; false at its end.
  let fetch: () -> Bool
  /// Encodes the input that was fetched behind those of an open chunk.
  let append: (OpenInputs) -> Void

  /// A sequence that cannot block.
  @usableFromInline
  init(width: Int, left: @escaping () -> Int?, fill: @escaping (ChunkRoom, Relocate) -> Filled) {
    isPrompt = true
    isolation = nil
    self.width = width
    self.left = left
    self.fill = fill
    fetch = { fatalError("A prompt source is read by chunks.") }
    append = { _ in fatalError("A prompt source is read by chunks.") }
  }

  /// Any other sequence.
  @usableFromInline
  init(
    width: Int, isolation: (any Actor)?, fetch: @escaping () -> Bool, append: @escaping (OpenInputs) -> Void
  ) {
    isPrompt = false
    self.isolation = isolation
    self.width = width
    left = { nil }
    fill = { _, _ in fatalError("A source that may block is read by its feeder.") }
    self.fetch = fetch
    self.append = append
  }
}
