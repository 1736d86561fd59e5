#include "storage/files/synthetic_names.h"

#include <array>

namespace shosoin::files::synthetic {
namespace {

// The last rows need care on every path: 髙 is not in JIS X 0213, 𠮷 in neither JIS X 0213 nor CP932, 﨑 and 神
// (U+FA19) are compatibility ideographs that a normalisation form would touch, 葛 and 辻 carry Moji_Joho selectors.
constexpr auto kFamilyNames = std::to_array<Name>({
    {"佐藤", "サトウ"},
    {"鈴木", "スズキ"},
    {"田中", "タナカ"},
    {"伊藤", "イトウ"},
    {"渡辺", "ワタナベ"},
    {"山本", "ヤマモト"},
    {"中村", "ナカムラ"},
    {"小林", "コバヤシ"},
    {"加藤", "カトウ"},
    {"吉田", "ヨシダ"},
    {"山田", "ヤマダ"},
    {"佐々木", "ササキ"},
    {"山口", "ヤマグチ"},
    {"松本", "マツモト"},
    {"井上", "イノウエ"},
    {"木村", "キムラ"},
    {"林", "ハヤシ"},
    {"清水", "シミズ"},
    {"斎藤", "サイトウ"},
    {"阿部", "アベ"},
    {"森", "モリ"},
    {"池田", "イケダ"},
    {"橋本", "ハシモト"},
    {"石川", "イシカワ"},
    {"前田", "マエダ"},
    {"藤田", "フジタ"},
    {"後藤", "ゴトウ"},
    {"長谷川", "ハセガワ"},
    {"村上", "ムラカミ"},
    {"近藤", "コンドウ"},
    {"青木", "アオキ"},
    {"坂本", "サカモト"},
    {"遠藤", "エンドウ"},
    {"福田", "フクダ"},
    {"西村", "ニシムラ"},
    {"太田", "オオタ"},
    {"三浦", "ミウラ"},
    {"岡本", "オカモト"},
    {"藤原", "フジワラ"},
    {"中野", "ナカノ"},
    {"原田", "ハラダ"},
    {"小野", "オノ"},
    {"竹内", "タケウチ"},
    {"金子", "カネコ"},
    {"和田", "ワダ"},
    {"中山", "ナカヤマ"},
    {"石田", "イシダ"},
    {"上田", "ウエダ"},
    {"髙橋", "タカハシ"},
    {"𠮷村", "ヨシムラ"},
    {"\uFA11山", "サキヤマ"},
    {"\uFA19田", "カンダ"},
    {"葛\U000E0102城", "カツラギ"},
    {"辻\U000E0102本", "ツジモト"},
    {"渡邉", "ワタナベ"},
    {"齋藤", "サイトウ"},
});
constexpr auto kMaleNames = std::to_array<Name>({
    {"太郎", "タロウ"}, {"一郎", "イチロウ"}, {"健太", "ケンタ"},     {"翔", "ショウ"},       {"大輔", "ダイスケ"},
    {"誠", "マコト"},   {"隆", "タカシ"},     {"修", "オサム"},       {"清", "キヨシ"},       {"勇", "イサム"},
    {"正雄", "マサオ"}, {"義男", "ヨシオ"},   {"拓也", "タクヤ"},     {"直樹", "ナオキ"},     {"蓮", "レン"},
    {"悠真", "ユウマ"}, {"陽翔", "ハルト"},   {"湊", "ミナト"},       {"和夫", "カズオ"},     {"茂", "シゲル"},
    {"博", "ヒロシ"},   {"剛", "ツヨシ"},     {"純一", "ジュンイチ"}, {"京介", "キョウスケ"},
});
constexpr auto kFemaleNames = std::to_array<Name>({
    {"花子", "ハナコ"},   {"幸子", "サチコ"}, {"和子", "カズコ"},   {"洋子", "ヨウコ"},       {"恵子", "ケイコ"},
    {"京子", "キョウコ"}, {"由美", "ユミ"},   {"真由美", "マユミ"}, {"明美", "アケミ"},       {"直美", "ナオミ"},
    {"愛", "アイ"},       {"美咲", "ミサキ"}, {"さくら", "サクラ"}, {"陽菜", "ヒナ"},         {"葵", "アオイ"},
    {"結衣", "ユイ"},     {"芽依", "メイ"},   {"千代", "チヨ"},     {"ハル", "ハル"},         {"キヨ", "キヨ"},
    {"節子", "セツコ"},   {"文子", "フミコ"}, {"順子", "ジュンコ"}, {"ヴィオラ", "ヴィオラ"},
});
constexpr auto kForeigners = std::to_array<Foreigner>({
    {"NGUYEN VAN ANH", "グエン　ヴァン　アン", '1'},
    {"LI WEI", "リ　ウェイ", '1'},
    {"KIM MIN JI", "キム　ミンジ", '2'},
    {"SANTOS MARIA LUISA", "サントス　マリア　ルイザ", '2'},
    {"SHRESTHA RAM", "シュレスタ　ラム", '1'},
    {"O'BRIEN ANNE-MARIE", "オブライエン　アン＝マリー", '2'},
});

constexpr auto kKoganei = std::to_array<Town>({
    {"本町", "184-0004", "0004"},
    {"前原町", "184-0013", "0013"},
    {"貫井北町", "184-0015", "0015"},
    {"貫井南町", "184-0014", "0014"},
    {"東町", "184-0011", "0011"},
    {"緑町", "184-0003", "0003"},
    {"中町", "184-0012", "0012"},
    {"桜町", "184-0005", "0005"},
    {"梶野町", "184-0002", "0002"},
    {"関野町", "184-0001", "0001"},
});
constexpr auto kSaitama = std::to_array<Town>({
    {"浦和区高砂", "330-0063", "4001"},
    {"大宮区桜木町", "330-0854", "3002"},
    {"中央区下落合", "338-0002", "5003"},
    {"南区別所", "336-0021", "8004"},
    {"見沼区東大宮", "337-0051", "6005"},
    {"緑区三室", "336-0911", "9006"},
    {"岩槻区本町", "339-0057", "7007"},
    {"北区宮原町", "331-0812", "2008"},
});
constexpr auto kIshinomaki = std::to_array<Town>({
    {"穀町", "986-0825", "0101"},
    {"中央", "986-0822", "0102"},
    {"門脇", "986-0834", "0103"},
    {"渡波", "986-2135", "0104"},
    {"湊", "986-2101", "0105"},
    {"蛇田", "986-0861", "0106"},
    {"鹿又", "986-1111", "0107"},
    {"北上町十三浜", "986-0202", "0108"},
});
constexpr auto kKumamoto = std::to_array<Town>({
    {"中央区手取本町", "860-0808", "1001"},
    {"中央区水前寺", "862-0950", "1002"},
    {"東区健軍", "862-0911", "2003"},
    {"西区春日", "860-0047", "3004"},
    {"南区田迎", "862-0962", "4005"},
    {"北区植木町岩野", "861-0136", "5006"},
});
constexpr auto kNeutralTowns = std::to_array<Town>({{"試験町", "000-0000", "0001"}, {"見本町", "000-0001", "0002"}});
constexpr auto kMunicipalities = std::to_array<Municipality>({
    {"132101", "東京都小金井市", kKoganei},
    {"111007", "埼玉県さいたま市", kSaitama},
    {"042021", "宮城県石巻市", kIshinomaki},
    {"431001", "熊本県熊本市", kKumamoto},
});
constexpr Municipality kNeutral{"", "試験県試験市", kNeutralTowns};

}  // namespace

std::span<const Name> family_names() { return kFamilyNames; }
std::span<const Name> male_names() { return kMaleNames; }
std::span<const Name> female_names() { return kFemaleNames; }
std::span<const Foreigner> foreigners() { return kForeigners; }
std::span<const Municipality> municipalities() { return kMunicipalities; }
const Municipality& municipality_of(std::string_view code) {
  for (const auto& municipality : kMunicipalities) {
    if (municipality.code == code) return municipality;
  }
  return kNeutral;
}

}  // namespace shosoin::files::synthetic
