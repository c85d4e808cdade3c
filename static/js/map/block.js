// The page's own data: a JSON block that the server wrote.

export const block = (id) => JSON.parse(document.getElementById(id).textContent);
