// A first-in-first-out queue over one circular buffer; what every book of the schedule is kept in.

/// A queue with constant-time ends, inlinable so that it is specialised for what the driver keeps in it.
@_documentation(visibility: internal)
@frozen
public struct Fifo<Element> {
  @usableFromInline var slots: [Element?] = []
  @usableFromInline var head = 0
  @usableFromInline var used = 0

  /// How many elements it has.
  @inlinable
  public var count: Int { used }

  /// An empty queue.
  @inlinable
  public init() {}

  /// Whether it has none.
  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// The element so many places behind the first.
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "Index \(index) lies outside a queue of \(count).")
      guard let element = slots[(head + index) & (slots.count - 1)] else {
        preconditionFailure("A slot inside the queue is empty.")
      }
      return element
    }
    set {
      precondition(index >= 0 && index < count, "Index \(index) lies outside a queue of \(count).")
      slots[(head + index) & (slots.count - 1)] = newValue
    }
  }

  /// The element that leaves first.
  @inlinable
  public var first: Element? { isEmpty ? nil : self[0] }
  /// The element that came last.
  @inlinable
  public var last: Element? { isEmpty ? nil : self[count - 1] }

  /// Adds an element at the end.
  @inlinable
  public mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[(head + count) & (slots.count - 1)] = element
    used += 1
  }

  /// Adds an element in front of the others.
  @inlinable
  public mutating func prepend(_ element: Element) {
    if count == slots.count { grow() }
    head = (head - 1) & (slots.count - 1)
    slots[head] = element
    used += 1
  }

  /// Takes the first element out.
  @inlinable @discardableResult
  public mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    defer {
      slots[head] = nil
      head = (head + 1) & (slots.count - 1)
      used -= 1
    }
    return slots[head]
  }

  /// Takes the last element out.
  @inlinable @discardableResult
  public mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    used -= 1
    let index = (head + count) & (slots.count - 1)
    defer { slots[index] = nil }
    return slots[index]
  }

  /// Takes one element out; costs as much as it is away from the nearer end.
  @inlinable
  public mutating func remove(at index: Int) {
    if index < count / 2 {
      for place in stride(from: index, to: 0, by: -1) { self[place] = self[place - 1] }
      popFirst()
    } else {
      for place in index..<(count - 1) { self[place] = self[place + 1] }
      popLast()
    }
  }

  /// Takes everything out, in order.
  @inlinable
  public mutating func drain() -> [Element] {
    var all: [Element] = []
    all.reserveCapacity(count)
    while let element = popFirst() { all.append(element) }
    return all
  }

  @inlinable
  mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(4, slots.count * 2))
    for index in 0..<count { larger.append(self[index]) }
    while larger.count < max(4, slots.count * 2) { larger.append(nil) }
    slots = larger
    head = 0
  }
}

extension Fifo: Sendable where Element: Sendable {}
