// The Encoder that Codable values see: one object for a whole pass, whose current frame is the value being
// written. Kept by the PayloadEncoder between values. Its state is behind a pointer, because every field of a
// class would cost a dynamic exclusivity check per key.

/// Writes Codable values in Gantry's binary coding.
@usableFromInline
final class CodableEncoder: Encoder {
  /// Owned: made in `init`, destroyed in `deinit`, touched by this pass's thread alone and never across user
  /// code.
  let state: UnsafeMutablePointer<State>

  /// The value or nested container that bytes go to.
  struct Frame {
    enum Shape {
      case none
      case single
      case keyed
      case unkeyed
    }

    var id: Int
    var shape = Shape.none
    /// Where the value begins, its kind byte included.
    var start: Int
    var count = 0
  }

  struct State: ~Copyable {
    var output: PayloadEncoder
    var keys = KeyTable()
    var frame = Frame(id: 0, start: 0)
    /// Frames below the current one that are continued when a nested container in them is done.
    var suspended: [Frame] = []
    /// The suspended frames from here on belong to the value being encoded.
    var floor = 0
    var lastID = 0
    /// Positions of keys count from here.
    var root = 0
    var mode = CodableMode()
    /// New keys get a position that can be named; not so once bytes may still move.
    var notesKeys = true
    var depth = 0
    var path: [any CodingKey] = []
    /// Nested encoders whose bytes belong at a position of this one's.
    var children: [(position: Int, encoder: CodableEncoder)] = []
    /// What the next pass must be, where this one met its limits.
    var nextMode: CodableMode?
    /// A write out of turn that no mode can encode, kept because not every such call can throw.
    var misuse: (any Error)?
    /// Containers longer than this make the pass wide; only tests set it lower.
    var narrowLimit = Int(UInt32.max)
  }

  init() {
    state = .allocate(capacity: 1)
    // No heap buffer: the pass brings the output along.
    state.initialize(
      to: State(output: PayloadEncoder(writingAt: UnsafeMutableRawPointer(state), capacity: 0)))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  @usableFromInline var codingPath: [any CodingKey] { state.pointee.path }
  @usableFromInline var userInfo: [CodingUserInfoKey: Any] { [:] }

  @usableFromInline
  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    enter(.keyed)
    return KeyedEncodingContainer(KeyedWriter<Key>(encoder: self, frame: state.pointee.frame.id))
  }

  @usableFromInline
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    enter(.unkeyed)
    return UnkeyedWriter(encoder: self, frame: state.pointee.frame.id)
  }

  @usableFromInline
  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleWriter(encoder: self, frame: state.pointee.frame.id)
  }

  /// Gives the current value its shape, or continues in it when a superclass did so already.
  private func enter(_ shape: Frame.Shape) {
    if state.pointee.suspended.count > state.pointee.floor { closeNested() }
    switch state.pointee.frame.shape {
    case .none: state.pointee.open(shape)
    case .keyed, .unkeyed, .single:
      precondition(
        state.pointee.frame.shape == shape,
        "A value asked its encoder for a second container of another kind (at \(describe(codingPath))).")
    }
  }
}

extension CodableEncoder.State {
  /// Begins a keyed or unkeyed container in the current frame: kind and room for the length.
  mutating func open(_ shape: CodableEncoder.Frame.Shape) {
    frame.shape = shape
    output.append(kind: shape == .keyed ? .keyed : .unkeyed)
    if mode.isWide { output.append(bitwise: 0 as UInt64) } else { output.append(bitwise: 0 as UInt32) }
  }

  /// Ends the current frame: bytes of nested encoders take their places, then the length is known.
  mutating func close() {
    while let child = children.last, child.position >= frame.start {
      children.removeLast()
      child.encoder.finishDetached()
      if let next = child.encoder.state.pointee.nextMode { nextMode = next }
      insertBytes(of: child.encoder, at: child.position)
    }
    guard frame.shape == .keyed || frame.shape == .unkeyed else { return }
    let length = output.count &- frame.start &- 1 &- mode.lengthWidth
    if mode.isWide {
      output.patch(UInt64(truncatingIfNeeded: length), at: frame.start &+ 1)
    } else {
      if length > narrowLimit { nextMode = CodableMode(isWide: true, isDetached: mode.isDetached) }
      output.patch(UInt32(truncatingIfNeeded: length), at: frame.start &+ 1)
    }
  }

  private mutating func insertBytes(of child: CodableEncoder, at position: Int) {
    // The child's bytes are lent for the call; it is another object, so no access overlaps.
    let bytes = UnsafeRawBufferPointer(
      start: child.state.pointee.output.base, count: child.state.pointee.output.count)
    output.insert(bytes, at: position)
  }
}

extension PayloadEncoder {
  @inline(__always)
  mutating func append(kind: CodableKind) {
    append(bitwise: kind.rawValue)
  }
}
