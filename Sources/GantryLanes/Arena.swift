// The driver's shared memory of encoded chunks: containers map it once, read-only, and it grows under them.
// Called under the driver's lock. Blocks are recycled warm; pages are reserved before anyone touches them.

/// A block of the arena.
package struct ArenaBlock: Sendable {
  package let offset: UInt64
  package let capacity: Int
}

/// Hands out blocks of a sparse shared memory object.
///
/// Small blocks come in size classes of powers of two and the steps between them, carved from slabs whose pages are
/// reserved as they are first used. Blocks above `largest` get page ranges of their own, which are given back to the
/// system when more than `warmLimit` bytes of them lie idle.
package struct Arena: ~Copyable {
  /// The address space that it takes where nothing limits the process.
  package static let span: UInt64 = 64 << 30
  /// Less is not tried.
  static let leastSpan: UInt64 = 1 << 20
  static let smallest = 512
  static let largest = 1 << 20
  static let slab = 256 << 10
  static let warmLimit = 16 << 20

  /// Bytes from its first to its last, most of them never backed by memory.
  package let bytes: UInt64
  private let memory: SharedMemory
  private let mapping: Mapping
  private var idle: [[UInt64]]  // offsets by class, warm, last in first out
  private var cold: [[UInt64]]  // large ranges whose pages were given back
  private var next: UInt64 = 0  // first byte never handed out
  private var slabOffset: UInt64 = 0
  private var slabLeft = 0
  private var warmLarge = 0

  /// Bytes in blocks that are handed out.
  package private(set) var used = 0

  package init(anonymous: Bool) throws(SharedMemoryError) {
    var bytes = Arena.affordable()
    while true {
      do throws(SharedMemoryError) {
        try self.init(bytes: bytes, anonymous: anonymous)
        return
      } catch {
        // Inputs of that size in all are seldom under way at a time: a smaller one serves.
        guard error.operation == "mapping", bytes > Arena.leastSpan else { throw error }
        bytes /= 2
      }
    }
  }

  /// The span within the process's limits: of its address space, a part, since containers and inputs need some, too.
  private static func affordable() -> UInt64 {
    let most = min(span, min(sharedMemoryLimit(), addressSpaceLimit() / 4))
    var bytes = span
    while bytes > most, bytes > leastSpan { bytes /= 2 }
    return bytes
  }

  init(bytes: UInt64, anonymous: Bool) throws(SharedMemoryError) {
    let memory = try SharedMemory(bytes: bytes, reserved: 0, anonymous: anonymous)
    let mapping = try Mapping(memory.writable, bytes: bytes, writable: true, forked: false)
    // Not against future writes: a seal of that kind would also forbid giving pages back. Containers get a
    // descriptor that cannot write.
    try memory.seal(futureWrites: false)
    self.bytes = bytes
    self.memory = memory
    self.mapping = mapping
    idle = Array(repeating: [], count: Arena.classes)
    cold = Array(repeating: [], count: Arena.classes)
  }

  /// The descriptor containers map.
  package var readable: Int32 { memory.readable }

  package func pointer(_ block: ArenaBlock) -> UnsafeMutableRawPointer { mapping.base + Int(block.offset) }

  /// A block of at least `bytes`.
  ///
  /// Throws when the system has no memory for it; then nothing has changed.
  package mutating func allocate(_ bytes: Int) throws(SharedMemoryError) -> ArenaBlock {
    guard UInt64(max(bytes, 0)) <= self.bytes else { throw Arena.exhausted(by: UInt64(bytes)) }
    var index = Arena.sizeClass(bytes)
    // What nobody was given yet is used up: a larger block that lies idle serves as well.
    if !hasRoom(index), let larger = idle[index...].firstIndex(where: { !$0.isEmpty }) { index = larger }
    let capacity = Arena.capacity(index)
    let offset = try place(index, capacity)
    used += capacity
    return ArenaBlock(offset: offset, capacity: capacity)
  }

  /// Whether a block can be had without taking one of another size.
  private func hasRoom(_ index: Int) -> Bool {
    if !idle[index].isEmpty || !cold[index].isEmpty { return true }
    let capacity = Arena.capacity(index)
    let isSmall = capacity <= Arena.slab / 4
    return (isSmall && slabLeft >= capacity) || next + UInt64(isSmall ? Arena.slab : capacity) <= bytes
  }

  private mutating func place(_ index: Int, _ capacity: Int) throws(SharedMemoryError) -> UInt64 {
    if let offset = idle[index].popLast() {
      if capacity > Arena.largest { warmLarge -= capacity }
      return offset
    }
    guard capacity <= Arena.slab / 4 else {
      if let offset = cold[index].last {
        try memory.reserve(offset: offset, bytes: UInt64(capacity))
        return cold[index].removeLast()
      }
      return try carve(capacity)
    }
    if slabLeft < capacity {
      slabOffset = try carve(Arena.slab)
      slabLeft = Arena.slab
    }
    defer {
      slabOffset += UInt64(capacity)
      slabLeft -= capacity
    }
    return slabOffset
  }

  private mutating func carve(_ bytes: Int) throws(SharedMemoryError) -> UInt64 {
    guard next + UInt64(bytes) <= self.bytes else { throw Arena.exhausted(by: UInt64(bytes)) }
    try memory.reserve(offset: next, bytes: UInt64(bytes))
    defer { next += UInt64(bytes) }
    return next
  }

  private static func exhausted(by bytes: UInt64) -> SharedMemoryError {
    SharedMemoryError(operation: "arena allocation", bytes: bytes, errno: noMemory)
  }

  /// Takes a block back; the caller knows that nobody reads it any more.
  package mutating func release(_ block: ArenaBlock) {
    used -= block.capacity
    let index = Arena.sizeClass(block.capacity)
    if block.capacity > Arena.largest {
      guard warmLarge + block.capacity <= Arena.warmLimit else {
        memory.punch(offset: block.offset, bytes: UInt64(block.capacity))
        cold[index].append(block.offset)
        return
      }
      warmLarge += block.capacity
    }
    idle[index].append(block.offset)
  }

  // Classes: 512, 640, 768, 896, 1024, 1280, …: four steps to each doubling.
  static let classes = 4 * (64 - 9)

  static func sizeClass(_ bytes: Int) -> Int {
    let wanted = max(bytes, smallest)
    let log = Int.bitWidth - 1 - wanted.leadingZeroBitCount
    let step = 1 << (log - 2)
    let above = (wanted - (1 << log) + step - 1) / step
    return (log - 9) * 4 + above
  }

  static func capacity(_ sizeClass: Int) -> Int {
    let log = sizeClass / 4 + 9
    let bytes = (1 << log) + (sizeClass % 4) << (log - 2)
    return bytes > largest ? (bytes + 4095) & ~4095 : bytes
  }
}
