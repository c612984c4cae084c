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
/// `@unchecked Sendable`: the closures share an iterator that one thread or task uses at a time; the call hands the right
/// to it from turn to turn (`Call.isFilling`), or to its feeder.
@usableFromInline
final class ChunkFiller: @unchecked Sendable {
  /// Bytes that outgrow the room a chunk was given are lent to this.
  @usableFromInline typealias Relocate = (UnsafeRawBufferPointer) -> Void

  /// How a sequence is read.
  @usableFromInline
  enum Source {
    /// It cannot block: in its caller's own turn, a chunk at a time.
    case prompt(fill: (ChunkRoom, Relocate) -> Filled)
    /// By a feeder, an input at a time; false at the end.
    case blocking(fetch: () -> Bool)
    /// By a feeder's task, an input at a time; false at the end.
    case asynchronous(fetch: (isolated (any Actor)?) async throws -> Bool)
  }

  let source: Source
  /// Whether the sequence is read in its caller's own turn.
  let isPrompt: Bool
  /// Bytes of a packed input, or `framed`.
  let width: Int
  /// Whether a chunk of it is only copied, which takes no time: no code of the user's runs on the way.
  let isCopied: Bool
  /// Where a source that may block has to be read: the actor whose code its closures stand in, if any.
  let isolation: (any Actor)?
  /// Inputs left, where that is known.
  let left: () -> Int?
  /// Encodes the input that was fetched behind those of an open chunk.
  let append: (OpenInputs) -> Void
  /// Lets go of the sequence; its reader calls it, after the last fetch.
  let close: () -> Void

  /// A sequence that cannot block.
  @usableFromInline
  init(
    width: Int, isCopied: Bool, left: @escaping () -> Int?, fill: @escaping (ChunkRoom, Relocate) -> Filled
  ) {
    source = .prompt(fill: fill)
    isPrompt = true
    isolation = nil
    self.width = width
    self.isCopied = isCopied
    self.left = left
    append = { _ in fatalError("A prompt source is read by chunks.") }
    close = {}
  }

  /// Any other sequence.
  @usableFromInline
  init(
    width: Int, isolation: (any Actor)?, source: Source, append: @escaping (OpenInputs) -> Void,
    close: @escaping () -> Void
  ) {
    self.source = source
    isPrompt = false
    self.isolation = isolation
    self.width = width
    isCopied = false
    left = { nil }
    self.append = append
    self.close = close
  }

  /// Whether its closures stand in an actor's code and cannot be awaited.
  var mustBeReadOnActor: Bool {
    guard case .blocking = source else { return false }
    return isolation != nil
  }

  /// Encodes a chunk of a prompt source.
  func fill(_ room: ChunkRoom, _ relocate: Relocate) -> Filled {
    guard case .prompt(let fill) = source else {
      preconditionFailure("A source that may block is read by its feeder.")
    }
    return fill(room, relocate)
  }

  /// Takes one input and keeps it, blocking as long as the sequence does; false at its end.
  func fetch() -> Bool {
    guard case .blocking(let fetch) = source else {
      preconditionFailure("Only a sequence that may block is read by a thread.")
    }
    return fetch()
  }

  /// Takes one input of an asynchronous sequence and keeps it; false at its end.
  func fetch(_ isolation: isolated (any Actor)?) async throws -> Bool {
    guard case .asynchronous(let fetch) = source else {
      preconditionFailure("Only an asynchronous sequence is awaited.")
    }
    return try await fetch(isolation)
  }
}
