export default function Page() {
  return <p>POST to /api/accounts</p>
}
