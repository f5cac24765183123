"""Short texts in fourteen languages for benchmarks/language.py, written for it. Joined they make longer ones."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "de": """Wann kommt meine Bestellung an?
Der Zug hat heute zwanzig Minuten Verspätung.
Ich möchte mein Konto kündigen, bitte.
Das Essen war kalt und der Kellner unfreundlich.
Können Sie mir den Vertrag noch einmal schicken?
Morgen soll es den ganzen Tag regnen.
Wir haben das Problem gestern Abend gelöst.
Die Rechnung stimmt leider nicht.
Dieses Buch hat mir sehr gut gefallen.
Bitte rufen Sie mich nach achtzehn Uhr zurück.""",
    "fr": """Quand est-ce que ma commande va arriver ?
Le train a vingt minutes de retard aujourd'hui.
Je voudrais fermer mon compte, s'il vous plaît.
Le repas était froid et le serveur désagréable.
Pouvez-vous m'envoyer le contrat encore une fois ?
Demain il va pleuvoir toute la journée.
Nous avons résolu le problème hier soir.
La facture n'est malheureusement pas correcte.
Ce livre m'a beaucoup plu.
Merci de me rappeler après dix-huit heures.""",
    "es": """¿Cuándo va a llegar mi pedido?
El tren tiene hoy veinte minutos de retraso.
Quisiera cerrar mi cuenta, por favor.
La comida estaba fría y el camarero fue antipático.
¿Puede enviarme el contrato otra vez?
Mañana va a llover todo el día.
Resolvimos el problema ayer por la noche.
Por desgracia, la factura no es correcta.
Este libro me gustó mucho.
Llámeme después de las seis, gracias.""",
    "it": """Quando arriva il mio ordine?
Oggi il treno ha venti minuti di ritardo.
Vorrei chiudere il mio conto, per favore.
Il cibo era freddo e il cameriere scortese.
Può mandarmi di nuovo il contratto?
Domani pioverà tutto il giorno.
Abbiamo risolto il problema ieri sera.
Purtroppo la fattura non è corretta.
Questo libro mi è piaciuto molto.
La prego di richiamarmi dopo le diciotto.""",
    "pt": """Quando chega a minha encomenda?
O comboio está hoje com vinte minutos de atraso.
Queria encerrar a minha conta, por favor.
A comida estava fria e o empregado foi antipático.
Pode enviar-me o contrato outra vez?
Amanhã vai chover o dia todo.
Resolvemos o problema ontem à noite.
Infelizmente a fatura não está correta.
Gostei muito deste livro.
Por favor ligue-me depois das seis.""",
    "nl": """Wanneer komt mijn bestelling aan?
De trein heeft vandaag twintig minuten vertraging.
Ik wil graag mijn rekening opzeggen.
Het eten was koud en de ober onvriendelijk.
Kunt u mij het contract nog een keer sturen?
Morgen gaat het de hele dag regenen.
We hebben het probleem gisteravond opgelost.
De factuur klopt helaas niet.
Dit boek vond ik erg mooi.
Belt u mij alstublieft na zes uur terug.""",
    "pl": """Kiedy przyjdzie moje zamówienie?
Pociąg ma dziś dwadzieścia minut opóźnienia.
Chciałbym zamknąć swoje konto.
Jedzenie było zimne, a kelner niemiły.
Czy może mi pan jeszcze raz wysłać umowę?
Jutro ma padać przez cały dzień.
Wczoraj wieczorem rozwiązaliśmy ten problem.
Niestety rachunek się nie zgadza.
Ta książka bardzo mi się podobała.
Proszę oddzwonić po osiemnastej.""",
    "ru": """Когда придёт мой заказ?
Поезд сегодня опаздывает на двадцать минут.
Я хочу закрыть свой счёт.
Еда была холодной, а официант грубым.
Не могли бы вы прислать договор ещё раз?
Завтра весь день будет дождь.
Мы решили эту проблему вчера вечером.
К сожалению, счёт неправильный.
Эта книга мне очень понравилась.
Перезвоните мне, пожалуйста, после шести.""",
    "ja": """注文した品はいつ届きますか。
今日は電車が二十分遅れています。
口座を解約したいのですが。
料理は冷めていて、店員も無愛想でした。
契約書をもう一度送っていただけますか。
明日は一日中雨が降るそうです。
その問題は昨日の夜に解決しました。
残念ながら請求書が間違っています。
この本はとても面白かったです。
六時以降に折り返しお電話ください。""",
    "ko": """제 주문은 언제 도착하나요?
오늘 기차가 이십 분 늦습니다.
계좌를 해지하고 싶습니다.
음식은 식었고 종업원도 불친절했어요.
계약서를 다시 한 번 보내 주시겠어요?
내일은 하루 종일 비가 온다고 합니다.
그 문제는 어젯밤에 해결했습니다.
아쉽게도 청구서가 틀렸습니다.
이 책은 정말 재미있었어요.
여섯 시 이후에 다시 전화해 주세요.""",
    "tr": """Siparişim ne zaman gelecek?
Tren bugün yirmi dakika gecikmeli.
Hesabımı kapatmak istiyorum lütfen.
Yemek soğuktu ve garson kabaydı.
Sözleşmeyi bana tekrar gönderebilir misiniz?
Yarın bütün gün yağmur yağacak.
Sorunu dün akşam çözdük.
Ne yazık ki fatura doğru değil.
Bu kitabı çok beğendim.
Lütfen beni saat altıdan sonra arayın.""",
    "id": """Kapan pesanan saya akan tiba?
Kereta hari ini terlambat dua puluh menit.
Saya ingin menutup rekening saya.
Makanannya dingin dan pelayannya tidak ramah.
Bisakah Anda mengirim kontraknya sekali lagi?
Besok akan hujan sepanjang hari.
Kami menyelesaikan masalah itu tadi malam.
Sayangnya tagihannya tidak benar.
Saya sangat menyukai buku ini.
Tolong telepon saya kembali setelah jam enam.""",
    "sv": """När kommer min beställning?
Tåget är tjugo minuter försenat idag.
Jag skulle vilja avsluta mitt konto.
Maten var kall och servitören otrevlig.
Kan ni skicka avtalet till mig en gång till?
I morgon ska det regna hela dagen.
Vi löste problemet i går kväll.
Fakturan stämmer tyvärr inte.
Jag tyckte mycket om den här boken.
Ring mig gärna tillbaka efter klockan sex.""",
    "vi": """Khi nào đơn hàng của tôi đến nơi?
Hôm nay tàu trễ hai mươi phút.
Tôi muốn đóng tài khoản của mình.
Đồ ăn thì nguội còn người phục vụ thì khó chịu.
Anh có thể gửi lại hợp đồng cho tôi không?
Ngày mai trời sẽ mưa cả ngày.
Chúng tôi đã giải quyết vấn đề tối hôm qua.
Rất tiếc là hóa đơn không đúng.
Tôi rất thích cuốn sách này.
Vui lòng gọi lại cho tôi sau sáu giờ.""",
}
