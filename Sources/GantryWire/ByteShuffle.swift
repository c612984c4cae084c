// Gathers the n-th bytes of fixed-width elements, which makes numbers compress far better, and undoes it.
// Called by ChunkCoding alone. Pure functions over equal-sized buffers that do not overlap; any width works.

/// Transposes bytes of elements: first every element's first byte, then every second byte, then what is no
/// element.
enum ByteShuffle {
  static func shuffle(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, stride: Int
  ) {
    precondition(
      stride > 1 && target.count >= source.count, "A shuffle needs elements and room for all of them.")
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let count = source.count / stride
    switch stride {
    case 2: gather(from, to, count: count, stride: 2)
    case 4: gather(from, to, count: count, stride: 4)
    case 8: gather(from, to, count: count, stride: 8)
    case 16: gather(from, to, count: count, stride: 16)
    default: gather(from, to, count: count, stride: stride)
    }
    copyRest(from, to, from: count &* stride, upTo: source.count)
  }

  static func unshuffle(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, stride: Int
  ) {
    precondition(
      stride > 1 && target.count >= source.count, "A shuffle needs elements and room for all of them.")
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let count = source.count / stride
    switch stride {
    case 2: scatter(from, to, count: count, stride: 2)
    case 4: scatter(from, to, count: count, stride: 4)
    case 8: scatter(from, to, count: count, stride: 8)
    case 16: scatter(from, to, count: count, stride: 16)
    default: scatter(from, to, count: count, stride: stride)
    }
    copyRest(from, to, from: count &* stride, upTo: source.count)
  }

  /// Eight elements at a time, eight of their bytes at a time; inlined with a constant stride, so that it
  /// vectorises.
  @inline(__always)
  private static func gather(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, count: Int, stride: Int)
  {
    let blocks = stride % 8 == 0 ? count & ~7 : 0
    var element = 0
    while element < blocks {
      var column = 0
      while column < stride {
        let rows = from + (element &* stride &+ column)
        var square = SIMD8<UInt64>()
        for row in 0..<8 {
          square[row] = rows.loadUnaligned(fromByteOffset: row &* stride, as: UInt64.self)
        }
        transpose(&square)
        let columns = to + (column &* count &+ element)
        for row in 0..<8 {
          columns.storeBytes(of: square[row], toByteOffset: row &* count, as: UInt64.self)
        }
        column &+= 8
      }
      element &+= 8
    }
    for column in 0..<stride {
      let plane = to + column &* count
      var element = blocks
      while element < count {
        plane.storeBytes(
          of: from.load(fromByteOffset: element &* stride &+ column, as: UInt8.self), toByteOffset: element,
          as: UInt8.self)
        element &+= 1
      }
    }
  }

  @inline(__always)
  private static func scatter(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, count: Int, stride: Int
  ) {
    let blocks = stride % 8 == 0 ? count & ~7 : 0
    var element = 0
    while element < blocks {
      var column = 0
      while column < stride {
        let columns = from + (column &* count &+ element)
        var square = SIMD8<UInt64>()
        for row in 0..<8 {
          square[row] = columns.loadUnaligned(fromByteOffset: row &* count, as: UInt64.self)
        }
        transpose(&square)
        let rows = to + (element &* stride &+ column)
        for row in 0..<8 {
          rows.storeBytes(of: square[row], toByteOffset: row &* stride, as: UInt64.self)
        }
        column &+= 8
      }
      element &+= 8
    }
    element = blocks
    while element < count {
      let row = to + element &* stride
      for column in 0..<stride {
        row.storeBytes(
          of: from.load(fromByteOffset: column &* count &+ element, as: UInt8.self), toByteOffset: column,
          as: UInt8.self)
      }
      element &+= 1
    }
  }

  /// Transposes eight by eight bytes: quarters, then pairs, then single bytes change places.
  @inline(__always)
  private static func transpose(_ square: inout SIMD8<UInt64>) {
    let low4: UInt64 = 0x0000_0000_FFFF_FFFF
    let low2: UInt64 = 0x0000_FFFF_0000_FFFF
    let low1: UInt64 = 0x00FF_00FF_00FF_00FF
    for row in 0..<4 { exchange(&square, row, row &+ 4, by: 32, low4) }
    for row in 0..<2 {
      exchange(&square, row, row &+ 2, by: 16, low2)
      exchange(&square, row &+ 4, row &+ 6, by: 16, low2)
    }
    for row in 0..<4 { exchange(&square, row &* 2, row &* 2 &+ 1, by: 8, low1) }
  }

  @inline(__always)
  private static func exchange(
    _ square: inout SIMD8<UInt64>, _ a: Int, _ b: Int, by shift: UInt64, _ mask: UInt64
  ) {
    let difference = ((square[a] &>> shift) ^ square[b]) & mask
    square[b] ^= difference
    square[a] ^= difference &<< shift
  }

  private static func copyRest(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, from start: Int, upTo end: Int
  ) {
    if start < end { (to + start).copyMemory(from: from + start, byteCount: end - start) }
  }
}
