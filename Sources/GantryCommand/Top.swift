// The first few of many elements in some order, without sorting them all.

/// Keeps the elements that come first.
struct Top<Element> {
  private let limit: Int
  private let precedes: (Element, Element) -> Bool
  /// The elements that came first so far, in order.
  private(set) var elements: [Element] = []

  /// Makes an empty list.
  ///
  /// - Parameters:
  ///   - limit: The most elements it keeps.
  ///   - precedes: Whether the first of two elements comes before the second.
  init(_ limit: Int, by precedes: @escaping (Element, Element) -> Bool) {
    self.limit = limit
    self.precedes = precedes
  }

  /// Takes an element, if it is among the first.
  mutating func offer(_ element: Element) {
    if elements.count >= limit {
      guard let last = elements.last, precedes(element, last) else { return }
      elements.removeLast()
    }
    let place = elements.firstIndex { precedes(element, $0) } ?? elements.count
    elements.insert(element, at: place)
  }
}
