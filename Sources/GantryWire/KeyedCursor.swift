// Finds the value of a key in a keyed container: the next pair first, then all of them, then by an index.
// A class, because the reading of a keyed container must not need a mutable container.

/// The place in a keyed container.
final class KeyedCursor {
  let decoder: CodableDecoder
  /// Keys between the decoder's value and this container, where it is a nested one.
  let prefix: [any CodingKey]
  private let start: Int
  private let end: Int
  private let pass: Int
  /// Where the pair after the last one used begins.
  private var next: Int
  /// Pairs that were stepped over in searches; many of them make an index worth its cost.
  private var stepped = 0
  private var index: [String: Int]?

  private static let steppedBeforeIndex = 256

  init(_ value: CodableValue, of decoder: CodableDecoder, prefix: [any CodingKey]) {
    self.decoder = decoder
    self.prefix = prefix
    start = value.start
    end = value.end
    next = value.start
    pass = decoder.state.pointee.pass
  }

  /// The value of a key, or nil when none was written.
  ///
  /// Not `consuming` is a question, after which the same pair is asked for again.
  @inline(__always)
  func find(_ key: String, consuming: Bool) throws -> CodableValue? {
    try check()
    if next < end {
      var offset = next
      let text = try Self.key(at: &offset, limit: end, in: decoder)
      if Self.matches(text, key) {
        let value = try decoder.value(at: offset, limit: end)
        if consuming { next = value.end }
        return value
      }
    }
    return try search(key, consuming: consuming)
  }

  func allKeys() throws -> [String] {
    try check()
    var keys: [String] = []
    var offset = start
    while offset < end {
      keys.append(try Self.keyText(at: &offset, limit: end, in: decoder))
      offset = try decoder.value(at: offset, limit: end).end
    }
    return keys
  }

  @inline(__always)
  private func check() throws {
    try decoder.checkPass()
    guard decoder.state.pointee.pass == pass else {
      throw decoder.corrupted("A container was used after the value it was made for")
    }
  }

  @inline(never)
  private func search(_ key: String, consuming: Bool) throws -> CodableValue? {
    if stepped > Self.steppedBeforeIndex { return try look(up: key, consuming: consuming) }
    var offset = start
    while offset < end {
      let pair = offset
      let text = try Self.key(at: &offset, limit: end, in: decoder)
      let value = try decoder.value(at: offset, limit: end)
      if Self.matches(text, key) {
        next = consuming ? value.end : pair
        return value
      }
      offset = value.end
      stepped &+= 1
    }
    return nil
  }

  private func look(up key: String, consuming: Bool) throws -> CodableValue? {
    if index == nil {
      var pairs: [String: Int] = [:]
      var offset = start
      while offset < end {
        let pair = offset
        let text = try Self.keyText(at: &offset, limit: end, in: decoder)
        if pairs[text] == nil { pairs[text] = pair }
        offset = try decoder.value(at: offset, limit: end).end
      }
      index = pairs
    }
    guard let pair = index?[key] else { return nil }
    var offset = pair
    _ = try Self.key(at: &offset, limit: end, in: decoder)
    let value = try decoder.value(at: offset, limit: end)
    next = consuming ? value.end : pair
    return value
  }

  /// The bytes of the key at the offset, which is moved to its value.
  @inline(__always)
  private static func key(
    at offset: inout Int, limit: Int, in decoder: CodableDecoder
  ) throws -> UnsafeRawBufferPointer {
    let begin = offset
    let token = try decoder.length(at: &offset, limit: limit)
    if _fastPath(token & 1 == 0) {
      let count = token &>> 1
      guard count <= limit &- offset else { throw decoder.corrupted("A key is cut off") }
      let text = UnsafeRawBufferPointer(rebasing: decoder.state.pointee.bytes[offset..<offset &+ count])
      offset &+= count
      return text
    }
    return try earlierKey(at: token &>> 1, before: begin, in: decoder)
  }

  /// The bytes of a key that was written in full at an earlier position.
  private static func earlierKey(
    at position: Int, before begin: Int, in decoder: CodableDecoder
  ) throws -> UnsafeRawBufferPointer {
    var offset = position
    guard offset < begin else { throw decoder.corrupted("A key stands for none before it") }
    let token = try decoder.length(at: &offset, limit: begin)
    guard token & 1 == 0, token &>> 1 <= begin &- offset else {
      throw decoder.corrupted("A key stands for none before it")
    }
    return UnsafeRawBufferPointer(rebasing: decoder.state.pointee.bytes[offset..<offset &+ token &>> 1])
  }

  private static func keyText(at offset: inout Int, limit: Int, in decoder: CodableDecoder) throws -> String {
    let bytes = try key(at: &offset, limit: limit, in: decoder)
    guard let text = String(checking: bytes) else {
      throw decoder.corrupted("A key is not valid UTF-8")
    }
    return text
  }

  @inline(__always)
  private static func matches(_ bytes: UnsafeRawBufferPointer, _ key: String) -> Bool {
    let same = key.utf8.withContiguousStorageIfAvailable {
      $0.count == bytes.count && sameBytes(bytes.baseAddress, $0.baseAddress, count: bytes.count)
    }
    return same ?? key.utf8.elementsEqual(bytes)
  }
}
