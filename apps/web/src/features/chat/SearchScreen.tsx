/** Search over titles and messages. */
export function SearchScreen() {
  return <p className="m-auto text-muted">Search</p>
}
