// The arrays that travel in their payload form inside Codable values: numbers, Booleans and text. The choice
// is made by comparing types, never by a dynamic cast, which would cost more than the coding itself.

/// Which array of which element a block holds; the numbers are on the wire.
enum CodableBlock: UInt8, CaseIterable {
  case int = 1
  case double
  case string
  case uint8
  case float
  case bool
  case int32
  case int64
  case uint64
  case uint32
  case int16
  case uint16
  case int8
  case uint

  /// Calls the visitor with the element type.
  @inline(__always)
  func visit<V: CodableBlockVisitor>(_ visitor: inout V) throws {
    switch self {
    case .int: try visitor.visit(Int.self)
    case .double: try visitor.visit(Double.self)
    case .string: try visitor.visit(String.self)
    case .uint8: try visitor.visit(UInt8.self)
    case .float: try visitor.visit(Float.self)
    case .bool: try visitor.visit(Bool.self)
    case .int32: try visitor.visit(Int32.self)
    case .int64: try visitor.visit(Int64.self)
    case .uint64: try visitor.visit(UInt64.self)
    case .uint32: try visitor.visit(UInt32.self)
    case .int16: try visitor.visit(Int16.self)
    case .uint16: try visitor.visit(UInt16.self)
    case .int8: try visitor.visit(Int8.self)
    case .uint: try visitor.visit(UInt.self)
    }
  }

  /// The block for a type, if it is one of these arrays.
  @inline(__always)
  static func of<T>(_ type: T.Type) -> CodableBlock? {
    // An array is one reference; this spares most other types the comparisons.
    guard MemoryLayout<T>.size == MemoryLayout<[Int]>.size else { return nil }
    if type == [Int].self { return .int }
    if type == [Double].self { return .double }
    if type == [String].self { return .string }
    if type == [UInt8].self { return .uint8 }
    if type == [Float].self { return .float }
    if type == [Bool].self { return .bool }
    if type == [Int32].self { return .int32 }
    if type == [Int64].self { return .int64 }
    if type == [UInt64].self { return .uint64 }
    if type == [UInt32].self { return .uint32 }
    if type == [Int16].self { return .int16 }
    if type == [UInt16].self { return .uint16 }
    if type == [Int8].self { return .int8 }
    if type == [UInt].self { return .uint }
    return nil
  }
}

/// Work to be done with the element type of a block.
protocol CodableBlockVisitor {
  mutating func visit<Element: Codable & Payload>(_ type: Element.Type) throws
}
