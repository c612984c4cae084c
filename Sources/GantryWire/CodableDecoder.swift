// The Decoder that Codable values see: one object for a whole pass over bytes that are lent and not trusted.
// Kept by the PayloadDecoder between values. After the pass the bytes are forgotten, so a container that
// somebody kept throws and never reads them.

/// Where one value's content lies in the bytes of the pass; checked to be inside them when it was made.
struct CodableValue {
  var kind: CodableKind
  var start: Int
  var end: Int
}

/// Reads Codable values from Gantry's binary coding.
@usableFromInline
final class CodableDecoder: Decoder {
  /// Owned: made in `init`, destroyed in `deinit`, touched by this pass's thread alone and never across user
  /// code.
  let state: UnsafeMutablePointer<State>

  struct State: ~Copyable {
    /// The bytes of the pass; empty when it is over.
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    var isWide = false
    var value = CodableValue(kind: .null, start: 0, end: 0)
    var depth = 0
    var path: [any CodingKey] = []
    /// Bytes of this decoder's own, where an array's payload form was unpacked.
    var storage: PayloadEncoder?
    /// Counts passes: what was made in an earlier one is refused.
    var pass = 0
  }

  /// The decoder whose bytes a child reads, and the pass it was made in; nil for one with bytes of its own.
  private let owner: (decoder: CodableDecoder, pass: Int)?

  init(owner: (decoder: CodableDecoder, pass: Int)? = nil) {
    self.owner = owner
    state = .allocate(capacity: 1)
    state.initialize(to: State())
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  @usableFromInline var codingPath: [any CodingKey] { state.pointee.path }
  @usableFromInline var userInfo: [CodingUserInfoKey: Any] { [:] }

  @usableFromInline
  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try keyedContainer(state.pointee.value, prefix: [])
  }

  @usableFromInline
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try unkeyedContainer(state.pointee.value, prefix: [])
  }

  @usableFromInline
  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    try checkPass()
    return SingleReader(decoder: self, value: state.pointee.value)
  }

  /// A decoder for one value, for a superclass to read itself from.
  func child(_ value: CodableValue, prefix: [any CodingKey]) -> CodableDecoder {
    let child = CodableDecoder(owner: owner ?? (self, state.pointee.pass))
    child.state.pointee.bytes = state.pointee.bytes
    child.state.pointee.isWide = state.pointee.isWide
    child.state.pointee.value = value
    child.state.pointee.depth = state.pointee.depth
    child.state.pointee.path = state.pointee.path + prefix
    return child
  }

  /// Refuses to go on with bytes that were given back.
  @inline(__always)
  func checkPass() throws {
    guard let owner else { return }
    if owner.decoder.state.pointee.pass != owner.pass {
      throw DecodingError.corrupted("A decoder was used after the value it was made for.", at: [])
    }
  }

  func keyedContainer<Key: CodingKey>(
    _ value: CodableValue, prefix: [any CodingKey]
  ) throws -> KeyedDecodingContainer<Key> {
    guard value.kind == .keyed else {
      throw mismatch(KeyedDecodingContainer<Key>.self, value, prefix)
    }
    return KeyedDecodingContainer(KeyedReader<Key>(cursor: KeyedCursor(value, of: self, prefix: prefix)))
  }

  func unkeyedContainer(
    _ value: CodableValue, prefix: [any CodingKey]
  ) throws -> any UnkeyedDecodingContainer {
    if value.kind == .block { return try unpackBlock(value, prefix: prefix) }
    guard value.kind == .unkeyed else {
      throw mismatch((any UnkeyedDecodingContainer).self, value, prefix)
    }
    return UnkeyedReader(decoder: self, value: value, prefix: prefix)
  }

  @inline(never)
  func mismatch(_ type: Any.Type, _ value: CodableValue, _ prefix: [any CodingKey] = []) -> any Error {
    if value.kind == .null {
      return DecodingError.valueNotFound(
        type, .init(codingPath: codingPath + prefix, debugDescription: "The encoded value is nil."))
    }
    return DecodingError.mismatch(type, found: value.kind, at: codingPath + prefix)
  }
}

extension CodableDecoder {
  /// Whether the value is text or an array in its payload form, and wanted as that.
  @inline(__always)
  func isQuick<T>(_ type: T.Type, _ value: CodableValue) throws -> Bool {
    switch value.kind {
    case .text:
      return T.self == String.self
    case .block:
      guard let block = CodableBlock.of(T.self) else { return false }
      return try elementType(of: value) == block
    default:
      return false
    }
  }

  /// Decodes what `isQuick` said yes to.
  @inline(__always)
  func decodeQuickly<T>(_ type: T.Type, _ value: CodableValue) throws -> T {
    if value.kind == .text {
      // The types are the same, so this is no conversion.
      return unsafeBitCast(try text(value), to: T.self)
    }
    return try decodeBlock(T.self, value, try elementType(of: value))
  }

  /// Decodes any value with the decoder standing on it.
  func decodeValue<T: Decodable>(
    _ type: T.Type, _ value: CodableValue, key: (any CodingKey)?, prefix: [any CodingKey]
  ) throws -> T {
    if try isQuick(T.self, value) { return try decodeQuickly(T.self, value) }
    guard state.pointee.depth < PayloadNesting.limit else {
      throw DecodingError.corrupted(PayloadError.tooDeepMessage(T.self), at: codingPath)
    }
    let outer = state.pointee.value
    let outerPath = state.pointee.path.count
    if !prefix.isEmpty { state.pointee.path += prefix }
    if let key { state.pointee.path.append(key) }
    state.pointee.value = value
    state.pointee.depth &+= 1
    defer {
      state.pointee.depth &-= 1
      state.pointee.value = outer
      state.pointee.path.removeLast(state.pointee.path.count &- outerPath)
    }
    return try T(from: self)
  }
}
